"""Tests that need R."""
