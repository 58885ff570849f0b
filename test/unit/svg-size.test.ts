import { readSvgSize } from '../../lib/preview/svg-size.js';

describe('the size that an SVG gives itself', () => {
  it.each<[string, string, ReturnType<typeof readSvgSize>]>([
    ['none', '<svg xmlns="http://www.w3.org/2000/svg"><rect width="5"/></svg>', { hasLength: false }],
    ['a width', '<svg a="b" width = "4.5px"/>', { hasLength: true }],
    ['a height, and quoted otherwise', "<svg height='\n.5em'/>", { hasLength: true }],
    ['a share', '<svg width="100%" height="50.5 %"/>', { hasLength: false }],
    ['a width and a share', '<svg width="4" height="50%"/>', { hasLength: true }],
    ['a box', '<svg viewBox=" 0,0  24, 48 "/>', { hasLength: false, box: { width: 24, height: 48 } }],
    ['a box without an area', '<svg viewBox="0 0 24 0"/>', { hasLength: false }],
    ['a width of another name', '<svg stroke-width="4" xwidth="4"/>', { hasLength: false }],
    ['a width in a value', `<svg id=' width="4"'/>`, { hasLength: false }],
    ['one behind a prefix', '<s:svg xmlns:s="http://www.w3.org/2000/svg" width="4"/>', { hasLength: true }],
    [
      'one behind what is no tag',
      '<?xml version="1.0"?>\n<!DOCTYPE svg [ <!ENTITY a "b"> ]>\n<!-- <svg height="3"> -->\n<svg viewBox="0 0 1 2"/>',
      { hasLength: false, box: { width: 1, height: 2 } },
    ],
    ['nothing', '', { hasLength: false }],
    ['no tag', 'width="4"', { hasLength: false }],
    ['another tag', '<p width="4"><svg width="4"/></p>', { hasLength: false }],
    ['half a tag', '<svg width="4', { hasLength: false }],
  ])('is read of %s', (_, source, expected) => {
    expect(readSvgSize(source)).toEqual(expected);
  });

  const many = 1_000_000;
  it.each<[string, string, ReturnType<typeof readSvgSize>]>([
    ['digits and a share', `<svg width="${'1'.repeat(many)}%">`, { hasLength: false }],
    ['spaces and no value', `<svg width${' '.repeat(many)}>`, { hasLength: false }],
    ['spaces in a number', `<svg width="1${' '.repeat(many)}">`, { hasLength: true }],
    ['numbers of a box', `<svg viewBox="${'1 '.repeat(many)}">`, { hasLength: false, box: { width: 1, height: 1 } }],
    ['tags in a comment', `<!--${'<svg '.repeat(many)}-->`, { hasLength: false }],
    ['comments that do not end', '<!--'.repeat(many), { hasLength: false }],
    ['comments', `${'<!---->'.repeat(many)}<svg width="1">`, { hasLength: true }],
  ])('is read past a million %s', (_, source, expected) => {
    expect(readSvgSize(source)).toEqual(expected);
  });
});
