//! Model files: save, load, inspect
