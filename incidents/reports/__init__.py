"""The post-incident report: what is on record about one incident, on paper."""
