"""Paper 纸件: print batches, numbered stock, reprints, and proof of what was printed."""
