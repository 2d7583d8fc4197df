"""The pure core of the history: tables of cases, and properties over any sequence of visits."""
