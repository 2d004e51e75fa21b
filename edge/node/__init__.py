"""What a node is told and who it is: identity and key, what is burnt into it, settings and sentinels over the air."""
