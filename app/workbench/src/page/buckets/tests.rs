//! The page in the window, on connections that are there.
