//! The chain from raw text to integers as one value that is fitted on the training part and saved with the model.
