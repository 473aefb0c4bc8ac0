export default function Page() {
  return <h1>person</h1>;
}
