//! Parameters that a net takes over: vectors of tokens that were learnt elsewhere, or layers of another net, where what was
//! learnt as a language model goes on as a classifier (Dai and Le 2015, "Semi-supervised sequence learning").

use gyeol_tensor::Real;

use super::Net;
use crate::embedding::TokenVectors;
use crate::error::{Error, Result};

impl Net {
    /// Takes over the embedding and the recurrent layers of another net into this net's parameters; heads, poolings and
    /// projections stay as they are.
    ///
    /// # Errors
    /// [`Error::Shape`] where embeddings or recurrent layers are of other sizes or cells, or there are no embeddings.
    pub fn adopt<T: Real>(&self, params: &mut [T], from: &Net, theirs: &[T]) -> Result<()> {
        let (own, other) = (&self.params.stack, &from.params.stack);
        let alike = (own.cell, own.input, own.hidden, own.layers, own.bidirectional)
            == (other.cell, other.input, other.hidden, other.layers, other.bidirectional);
        let shape = |what, found: String, expected: String| Err(Error::Shape { what, found, expected });
        if !alike {
            return shape("recurrent layers", format!("{other:?}"), format!("{own:?}"));
        }
        if params.len() != self.layout.len() || theirs.len() != from.layout.len() {
            let found = format!("{} and {}", params.len(), theirs.len());
            return shape("parameters", found, format!("{} and {}", self.layout.len(), from.layout.len()));
        }
        let (Some(own), Some(other)) = (&self.embedding, &from.embedding) else {
            return shape("input", "numbers".into(), "tokens".into());
        };
        if own.rows != other.rows {
            return shape("embedding", format!("{} tokens", other.rows), format!("{} tokens", own.rows));
        }
        own.table.of_mut(params).copy_from_slice(other.table.of(theirs));
        for slot in self.layout.slots().iter().filter(|slot| slot.name.starts_with("stack.")) {
            if let Some(like) = from.layout.slots().iter().find(|like| like.name == slot.name) {
                slot.of_mut(params).copy_from_slice(like.of(theirs));
            }
        }
        Ok(())
    }
}

impl Net {
    /// Begins with vectors of tokens instead of drawn ones ([`crate::Embedding::begin`]); they are learnt on as the rest is.
    ///
    /// # Errors
    /// [`Error::Shape`] for a net over numbers, vectors of another width or of another number of tokens.
    pub fn begin<T: Real>(&self, params: &mut [T], vectors: &TokenVectors) -> Result<()> {
        match &self.embedding {
            Some(embedding) => embedding.begin(params, vectors),
            None => {
                let (found, expected) = ("numbers".into(), "tokens".into());
                Err(Error::Shape { what: "input", found, expected })
            }
        }
    }
}
