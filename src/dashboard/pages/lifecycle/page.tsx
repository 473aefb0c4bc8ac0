export default function Page() {
  return <h1>lifecycle</h1>;
}
