/** Style: the look of the pages about the API, served as a file, so that the pages need no inline style. */

export const DOCS_STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#566173;--line:#dfe3ea;--back:#fff;--panel:#f6f7f9;--accent:#0b5fae;--mark:#fff3c4}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#a3adbd;--line:#2c3442;--back:#12161d;--panel:#1a202a;--accent:#7cb8ff;--mark:#4a3d0e}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--ink);background:var(--back)}
a{color:var(--accent)}
a:focus-visible,summary:focus-visible,pre:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
code,pre{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,monospace}
.frame{display:grid;grid-template-columns:15rem minmax(0,1fr);max-width:88rem;margin:0 auto}
nav{padding:1.5rem 1rem;border-right:1px solid var(--line);position:sticky;top:0;height:100vh;overflow:auto;font-size:.9375rem}
nav .brand{font-weight:650;font-size:1.0625rem;color:inherit;text-decoration:none}
nav h2{font-size:.8125rem;margin:1.25rem 0 .25rem;color:var(--soft);font-weight:600}
nav ul{list-style:none;margin:0;padding:0}
nav li a{display:block;padding:.2rem .5rem;border-radius:.375rem;text-decoration:none;color:inherit}
nav li a:hover{background:var(--panel)}
nav [aria-current]{background:var(--panel);font-weight:600}
main{padding:2rem 2.5rem 6rem;min-width:0}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.25rem;line-height:1.3;margin:0 0 .25rem}
main>h2{margin-top:2.5rem}
h2 a{color:inherit;text-decoration:none}
h3{font-size:1rem;margin:1.25rem 0 .5rem}
h4{font-size:.875rem;margin:1.25rem 0 .5rem;color:var(--soft);font-weight:600}
p{margin:.5rem 0;max-width:46rem}
.call{border-top:1px solid var(--line);padding:2rem 0 1rem;margin-top:2rem}
.call:target h2{background:var(--mark)}
.line{overflow-wrap:anywhere}
.line code{font-size:1rem}
.method{display:inline-block;font-size:.75rem;font-weight:700;padding:.1rem .45rem;border-radius:.25rem;border:1px solid currentColor;margin-right:.25rem}
.get{color:#0b6b3a}.post{color:#0b5fae}.put{color:#8a4b00}.delete{color:#b3261e}
@media(prefers-color-scheme:dark){.get{color:#6fd39b}.post{color:#7cb8ff}.put{color:#f0b35e}.delete{color:#ff9b92}}
.key{color:var(--soft)}
.sides{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,30rem);gap:0 2rem}
pre{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:.875rem 1rem;overflow:auto;max-height:30rem;margin:0}
.fields,.forms{list-style:none;margin:0;padding:0}
.fields>li{padding:.5rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
.fields>li:last-child{border-bottom:0}
.fields p{margin:.15rem 0;color:var(--soft);font-size:.9375rem}
.fields .fields{margin:.25rem 0 0;padding-left:1rem;border-left:2px solid var(--line)}
.forms>li{padding:.5rem 0 .5rem 1rem;border-left:2px solid var(--line);margin:.5rem 0}
.form{font-weight:600}
.name{font-weight:650}
.type,.default,.or{color:var(--soft);font-size:.875rem}
.required{font-size:.8125rem;font-weight:600}
details summary{cursor:pointer;color:var(--accent);font-size:.9375rem;padding:.15rem 0}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
.refusals td a{margin-right:.5rem;white-space:nowrap}
tr:target{background:var(--mark)}
.calls td:first-child{white-space:nowrap}
.calls td{overflow-wrap:anywhere}
@media(max-width:70rem){.sides{grid-template-columns:minmax(0,1fr)}}
@media(max-width:52rem){
.frame{display:block}
nav{position:static;height:auto;border-right:0;border-bottom:1px solid var(--line);padding:1rem}
nav h2{margin:.5rem 0 0}
nav li{display:inline-block}
nav li a{padding:.4rem .5rem}
main{padding:1.25rem 1rem 4rem}
h1{font-size:1.5rem}
.calls td{display:block;border:0;padding:.1rem 0}
.calls tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}
.calls td:first-child{white-space:normal}
.refusals td a{white-space:normal}
}
`;
