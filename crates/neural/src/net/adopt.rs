//! Parameters that a net takes over: vectors of tokens that were learnt elsewhere, or layers of another net, where what was
//! learnt as a language model goes on as a classifier (Dai and Le 2015, "Semi-supervised sequence learning").

use gyeol_tensor::Real;

use super::{Net, NetParams, Output};
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

    /// A net that learnt by samples ([`crate::net::Output::Sampled`]) as the one over all classes that it is when it is asked: its shape
    /// and its parameters. Another net comes back as it is.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of parameters.
    pub fn exact<T: Real>(&self, params: &[T]) -> Result<(NetParams, Vec<T>)> {
        if params.len() != self.layout.len() {
            let (found, expected) = (params.len().to_string(), self.layout.len().to_string());
            return Err(Error::Shape { what: "parameters", found, expected });
        }
        let Output::Sampled { classes, .. } = self.params.output else {
            return Ok((self.params.clone(), params.to_vec()));
        };
        let exact = Net::with_beside(
            &NetParams { output: Output::Classes { classes }, ..self.params.clone() },
            self.beside,
        )?;
        let mut out = vec![T::ZERO; exact.layout.len()];
        for slot in exact.layout.slots() {
            if let Some(like) = self.layout.slots().iter().find(|like| like.name == slot.name) {
                slot.of_mut(&mut out).copy_from_slice(like.of(params));
            }
        }
        Ok((exact.params, out))
    }
}
