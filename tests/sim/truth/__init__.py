"""Truth in any order of arrival, by the reference alone."""
