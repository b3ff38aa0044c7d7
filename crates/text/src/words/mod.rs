//! Words and other tokens by named schemes.

/// What cuts a text into tokens.
pub trait Tokenize: Send + Sync {
    /// Calls `token` for each token of `text`, in order. Allocates nothing but what the scheme itself must.
    fn each(&self, text: &str, token: &mut dyn FnMut(&str));

    /// The tokens as owned words.
    fn tokens(&self, text: &str) -> Vec<String> {
        let mut out = Vec::new();
        self.each(text, &mut |token| out.push(token.to_owned()));
        out
    }
}
