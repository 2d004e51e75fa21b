"""From trees to bytes: votes, words of bytes, streams of nibbles."""
