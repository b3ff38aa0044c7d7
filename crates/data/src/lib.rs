//! Acquire, inspect, clean and split tables of readings
