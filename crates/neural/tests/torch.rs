//! The same numbers as PyTorch: cells, losses, optimizers, schedules and two whole training runs. The files beside the
//! modules were written by `torch/fixtures.py`, which says what is in them; nothing here needs PyTorch.

#[path = "torch/cells.rs"]
mod cells;
#[path = "torch/fixture.rs"]
mod fixture;
#[path = "torch/losses.rs"]
mod losses;
#[path = "torch/optimizers.rs"]
mod optimizers;
#[path = "torch/schedules.rs"]
mod schedules;
#[path = "torch/training.rs"]
mod training;
