//! The numeric ground: shapes, packed matrix products, activations, threads, random numbers
