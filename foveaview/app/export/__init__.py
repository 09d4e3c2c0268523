"""The dialog that exports, and the requests that it sends to the worker."""
