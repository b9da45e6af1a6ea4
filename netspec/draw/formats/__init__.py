"""The formats of pictures: one file each."""
