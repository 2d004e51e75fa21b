"""The field and the store themselves: soil water, plants, frost, air; what is true."""
