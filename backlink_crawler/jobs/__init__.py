"""What the commands do, one module each, named as the command.

Scrapy imports every command module at each start, so ``commands`` holds only what ``--help`` shows. What a command
needs to do its work (drivers, the extractor, tables) is imported from here when it runs. Each of these modules has a
``run``, which does all of it, tells what there is to tell, and returns the exit code.
"""
