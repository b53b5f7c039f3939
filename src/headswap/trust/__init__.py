"""What makes a swap honest: consent, rules of what may be swapped, the trail of it all."""
