"""Pure functions from the API's JSON to what is shown; they do no I/O and know no command."""
