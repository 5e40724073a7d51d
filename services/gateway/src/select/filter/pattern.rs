//! What `LIKE` compares with: `%` is any text, `_` any character, and after `\` both, and `\` itself,
//! are themselves (`/req/advanced-comparison-operators/like-predicate`).

/// A pattern, read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    AnyText,
    AnyCharacter,
    Character(char),
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            parts.push(match character {
                '%' => Part::AnyText,
                '_' => Part::AnyCharacter,
                // At the end there is nothing that it could be before.
                '\\' => Part::Character(characters.next().unwrap_or('\\')),
                other => Part::Character(other),
            });
        }
        Self(parts)
    }

    /// Whether a text fits. Linear in the text times the parts between the `%`.
    pub(super) fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut part) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.0.get(part) {
                Some(Part::AnyText) => {
                    retry = Some((part + 1, at));
                    part += 1;
                }
                Some(&one) if one == Part::AnyCharacter || one == Part::Character(text[at]) => {
                    at += 1;
                    part += 1;
                }
                _ => match retry {
                    Some((after, from)) => {
                        retry = Some((after, from + 1));
                        (part, at) = (after, from + 1);
                    }
                    None => return false,
                },
            }
        }
        self.0.get(part..).is_none_or(|rest| rest.iter().all(|&one| one == Part::AnyText))
    }
}
