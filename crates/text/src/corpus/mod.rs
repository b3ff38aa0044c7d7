//! Documents out of files, in blocks, in order, within a bound of memory.
