"""Lists of images and labels: tables, lines of JSON, a text file beside each image."""
