//! Windows, baselines, rungs for readings, intervals
