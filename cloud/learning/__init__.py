"""Judgements become knowledge: `cooee learn` trains a sentinel again with what people said of its calls."""
