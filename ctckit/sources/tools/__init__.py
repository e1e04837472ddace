"""What labelling tools and public sets write."""
