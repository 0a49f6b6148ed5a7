import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from 'playwright/test'

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']

/**
 * What the accessibility rules object to on the open page, in both themes at each size, in words. The page is not
 * loaded again: opening it takes as long as looking at it.
 */
export async function faultsOf(page: Page, sizes: readonly { width: number; height: number }[]): Promise<string[]> {
  const found: string[] = []
  for (const size of sizes) {
    await page.setViewportSize(size)
    for (const theme of ['light', 'dark'] as const) {
      // Without motion, because colours that fade from one theme to the other are neither half way.
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      await expect(page.locator('html')).toHaveAttribute('data-theme', theme)
      const { violations } = await new AxeBuilder({ page })
        .options({ resultTypes: ['violations'] })
        .withTags(tags)
        .setLegacyMode()
        .analyze()
      for (const { id, nodes } of violations)
        found.push(`${theme} at ${size.width} px: ${id} at ${nodes.map((node) => node.target).join(', ')}`)
    }
  }
  return found
}

/** Pixels by which the open page is wider than a window of this width. */
export async function tooWide(page: Page, size: { width: number; height: number }): Promise<number> {
  await page.setViewportSize(size)
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - window.innerWidth))
}
