"""Files of tensors, checked before any tensor is created."""
