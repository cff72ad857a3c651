"""The site's pack as a document: its fixed words, its file, its paper; nothing here writes."""
