import { describe, expect, it } from 'vitest';
import { withReferences } from '../../local/readme-references.ts';

const tables = ['rules', 'kinds', 'policy', 'settings'];
const place = (name: string, content = 'STALE'): string => `<!-- ${name}:begin -->\n${content}\n<!-- ${name}:end -->`;
const readme = `# Title\n${tables.map((name) => place(name)).join('\nbetween\n')}\nend\n`;

describe('the tables of the README', () => {
  it('are made anew in their places, and nothing else is touched', () => {
    const made = withReferences(readme);
    expect(made).toMatch(/^# Title\n<!-- rules:begin -->\n\| Incident /);
    expect(made).toMatch(/<!-- settings:end -->\nend\n$/);
    expect(made.match(/^between$/gm)).toHaveLength(3);
    expect(made).not.toContain('STALE');
    expect(withReferences(made)).toBe(made);
  });

  it.each(tables.flatMap((name) => [[`<!-- ${name}:begin -->`], [`<!-- ${name}:end -->`]]))(
    'are not left out without a word where "%s" is missing, or there twice',
    (marker) => {
      const sentence = /^The README has to have "<!-- \w+:begin -->" and, after it, "<!-- \w+:end -->", once each\.$/;
      expect(() => withReferences(readme.replace(marker, ''))).toThrow(sentence);
      expect(() => withReferences(readme.replace(marker, marker + marker))).toThrow(sentence);
    },
  );

  it('are not put where the end stands before the beginning', () => {
    const turned = readme.replace(place('kinds'), '<!-- kinds:end -->\n<!-- kinds:begin -->');
    expect(() => withReferences(turned)).toThrow('"<!-- kinds:begin -->"');
  });
});
