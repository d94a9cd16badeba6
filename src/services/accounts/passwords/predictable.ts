/** What there is in a password beyond what a guesser tries first: each step takes out one kind of the expected. */

import type { CommonPasswords } from './common-passwords.ts'

/** Shorter common passwords are found in good ones by chance. */
const leastCommon = 5
/** So many characters in a row are a sequence; three would be found in words. */
const leastRun = 4

/** Rows and columns of the keyboard, the alphabet and the digits; each is read backwards too. */
const tracks = [
  '1234567890-=',
  'qwertyuiop[]',
  "asdfghjkl;'",
  'zxcvbnm,./',
  'qwertzuiopü',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  '!@#$%^&*()_+',
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  '1qaz',
  '2wsx',
  '3edc',
  '4rfv',
  '5tgb',
  '6yhn',
  '7ujm',
].flatMap((track) => [track, [...track].reverse().join('')])

/** As a guesser would try it: without case, and with the letters that digits and signs stand for. */
export const fold = (text: string): string => text.normalize('NFKC').toLowerCase()

const stands: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '1': 'i',
  '!': 'i',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
}
const unleet = (text: string): string => text.replace(/[@431!0$57]/g, (sign) => stands[sign] ?? sign)

/** Without these words, wherever they stand. */
export const withoutWords = (text: string, words: readonly string[]): string =>
  words.reduce((rest, word) => rest.replaceAll(word, ''), text)

/** Without the years of somebody's life. */
export const withoutYears = (text: string): string => text.replace(/(?:19|20)\d\d/g, '')

/** What repeats itself, once. */
export const withoutRepeats = (text: string): string => text.replace(/(.)\1{2,}|(.{2,}?)\2+/gsu, '$1$2')

/** The first of each sequence. */
export function withoutRuns(text: string): string {
  let rest = ''
  for (let at = 0; at < text.length; ) {
    rest += text[at]
    const length = runAt(text, at)
    at += length >= leastRun ? length : 1
  }
  return rest
}

function runAt(text: string, at: number): number {
  let longest = 1
  for (const track of tracks) {
    const from = track.indexOf(text.charAt(at))
    if (from === -1) continue
    let length = 1
    while (length < track.length - from && text[at + length] === track[from + length]) length++
    longest = Math.max(longest, length)
  }
  return longest
}

/** Two sequences typed in turns (`1q2w3e4r`), one after the other. */
export function untwined(text: string): string {
  const letters = [...text]
  return [0, 1].map((start) => letters.filter((_, index) => index % 2 === start).join('')).join('')
}

/** Without the longest common password in it. */
export function withoutCommon(text: string, common: CommonPasswords): string {
  const readings = [...new Set([text, unleet(text)])]
  for (let length = Math.min(text.length, common.longest); length >= leastCommon; length--)
    for (let at = 0; at + length <= text.length; at++)
      if (readings.some((reading) => common.has(reading.slice(at, at + length))))
        return text.slice(0, at) + text.slice(at + length)
  return text
}
