"""What a farmer reads, in their language and their units: sentences, names, quantities, times (docs/LANGUAGES.md)."""
