"""What changed inside the data: tables by their rows, folders of images by what they show."""
