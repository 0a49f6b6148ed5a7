const nobodySpecial =
  'anyone|everyone|everybody|users?|a user|members?|a member|team members?|people|the team|i|we|visitors?'
const benefit =
  /,? so that (?:i|we|they|everyone|nobody|the team) (?:can )?(?:knows?|remembers?|forgets?|plans?|decides?|agrees?)\b[^\d]{0,60}$/i

interface Ask {
  /** the role that alone may do it; null when everybody may */
  only: string | null
  wish: string
}

/** "Anyone can …", "As a user, I want to …", "Only leads can …": who may do what. */
export function askOf(line: string): Ask | null {
  const only =
    /^only (?:an? |the )?([a-z]{3,20}?)s? (?:can|may) (.+?)(?:(?:[,;]| and) (?:everyone|everybody|anyone|anybody) else (?:gets|is answered with) (?:status )?403)?$/i.exec(
      line,
    )
  if (only) return { only: (only[1] ?? '').toLowerCase(), wish: only[2] ?? '' }
  const story = /^as an? (?:user|member|team member),? i want to (.+)$/i.exec(line.replace(benefit, ''))
  if (story) return { only: null, wish: story[1] ?? '' }
  const plain = new RegExp(
    `^(?:${nobodySpecial}) (?:can|may|must be able to|should be able to|shall be able to) (.+)$`,
    'i',
  ).exec(line)
  if (plain) return { only: null, wish: plain[1] ?? '' }
  const possible = /^it (?:must|should|shall) be possible to (.+)$/i.exec(line)
  return possible ? { only: null, wish: possible[1] ?? '' } : null
}
