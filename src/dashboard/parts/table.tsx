/** Table: rows and columns that a screen reader reads as such. The first column stays in sight on a narrow screen. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface Column<Row> {
  readonly title: ComponentChildren;
  readonly render: (row: Row) => ComponentChildren;
  /** Numbers are aligned to the right. */
  readonly isNumber?: boolean;
  /** The share (0 to 1) of the row, drawn as a bar behind the first column. */
  readonly share?: (row: Row) => number;
}

interface TableProps<Row> {
  /** What the table holds, for screen readers. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row, index: number) => string;
  /** Rows beyond this many scroll. Default: all are shown. */
  readonly height?: number;
}

export function Table<Row>({ caption, columns, rows, keyOf, height }: TableProps<Row>) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parts = [box.current!, box.current!.firstElementChild!];
    for (const part of parts) sizes.observe(part);
    return () => {
      for (const part of parts) sizes.unobserve(part);
    };
  }, []);
  return (
    <div class="table-box" ref={box} style={height ? { maxHeight: `${height}px` } : {}}>
      <table class="table">
        <caption class="sr">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, isNumber }, i) => (
              <th key={i} scope="col" class={isNumber ? 'num' : ''}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={keyOf(row, index)}>
              {columns.map((column, i) => (
                <Cell key={i} column={column} row={row} isHead={i === 0} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Tells of areas and of the tables in them, once the page is laid out: to ask them for their sizes earlier would lay it out anew. */
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) focusWhenScrolling(target.closest<HTMLElement>('.table-box')!);
});

/** An area that scrolls can be scrolled by keys only when it takes the focus. */
function focusWhenScrolling(box: HTMLElement): void {
  const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
  if (scrolls === box.hasAttribute('tabindex')) return;
  if (scrolls) box.tabIndex = 0;
  else box.removeAttribute('tabindex');
}

function Cell<Row>({ column, row, isHead }: { column: Column<Row>; row: Row; isHead: boolean }) {
  const share = column.share?.(row);
  const content = (
    <>
      {share !== undefined && <span class="share" style={{ width: `${Math.max(0.5, Math.min(1, share) * 100)}%` }} />}
      {column.render(row)}
    </>
  );
  if (isHead) return <th scope="row">{content}</th>;
  return <td class={column.isNumber ? 'num' : ''}>{content}</td>;
}
