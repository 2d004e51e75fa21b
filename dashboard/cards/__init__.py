"""What the page says, as HTML: text from outside is escaped here, and every colour comes with a word and a sign."""
