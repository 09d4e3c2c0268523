"""The steerable pyramid, its filters and its padding."""
