//! The same numbers as PyTorch: cells, losses, optimizers, schedules and two whole training runs. The files beside the
//! modules were written by `fixtures.py`, which says what is in them; nothing here needs PyTorch.

mod cells;
mod fixture;
mod losses;
mod optimizers;
mod schedules;
mod training;
