"""One adapter a provider: turns the provider's usage object into token classes."""
