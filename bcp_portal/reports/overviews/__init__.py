"""Overviews: reports about everything that their reader may see, as page, paper and sheet."""
