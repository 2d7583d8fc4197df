"""What a page costs on the wire: CPU of several download handlers, inside Scrapy's engine and alone."""
