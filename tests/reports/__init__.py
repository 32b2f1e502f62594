"""Tests of drafts, timelines, contradictions and charts."""
