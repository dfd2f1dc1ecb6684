"""The dashboard: its built files, and the page that every address of it begins with."""
