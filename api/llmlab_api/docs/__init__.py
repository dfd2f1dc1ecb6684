"""The page that shows the API's description."""
