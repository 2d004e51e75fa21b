"""What a farmer reads of troubles: plain sentences with what, where, why and what to do."""
