"""How are values prepared for a network? Scaling, transforms, gaps."""
