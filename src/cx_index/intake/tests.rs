//! A corpus of files that are wrong in one way each, and what is said of them.
