//! Layers, recurrent cells, losses, optimizers and the trainer
