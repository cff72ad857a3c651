"""Other people's formats, translated into claims that the portal understands."""
