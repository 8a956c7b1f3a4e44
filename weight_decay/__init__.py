"""Weight decay: floor, path, sharp width and merge tree."""
